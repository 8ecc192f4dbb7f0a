require('assert').deepStrictEqual({a:1,b:[1,2,3]},{a:1,b:[1,2,4]})
