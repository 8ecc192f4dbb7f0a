// A class may have statics of any name: functions have no members of the engine's own.
'use strict';
class Manifest { static { this.fileName = 'package.json'; this.lineNumber = 1; this.columnNumber = 2; } }
console.log(Manifest.fileName, Manifest.lineNumber, Manifest.columnNumber);
console.log(Object.getOwnPropertyNames(Function.prototype).sort().join());
console.log(require('vm').runInNewContext('Object.getOwnPropertyNames(Function.prototype).sort().join()'));
console.log('fileName' in function () {}, 'lineNumber' in (() => {}));
