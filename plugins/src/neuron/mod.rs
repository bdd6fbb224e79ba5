mod clif;
