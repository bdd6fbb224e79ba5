mod rectangular;
mod trapezoidal;
mod triangular;
