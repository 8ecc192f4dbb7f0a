import * as plain from './plain.cjs';
import { a, b } from './plain.cjs';
import def, { c } from './reexport.cjs';
import * as babel from './babel.cjs';
console.log(Object.keys(plain), a, b, c, def);
console.log(Object.keys(babel).sort(), babel.__esModule, babel.default);
import('./plain.cjs').then((again) => console.log(again === plain));
