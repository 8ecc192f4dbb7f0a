require('./shapes.ts');
