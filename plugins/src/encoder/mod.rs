mod population;
