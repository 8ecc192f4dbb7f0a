const a = 1;
   throw new TypeError("hey");
