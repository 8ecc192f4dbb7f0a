'use strict';
// node --expose-internals cjs_lexer.js: writes ../data/cjs_lexer.json
const { internalBinding } = require('internal/test/binding');
const { parse } = internalBinding('cjs_lexer');
const { save } = require('./random.js');
const sources = [
  'exports.a = 1; exports.b = exports.c = 2; exports . d /* x */ = 3;', "exports['a'] = 1; exports[\"b-c\"] = 2; exports['\\u0061b'] = 3; exports['\\ud800'] = 4; exports[x] = 5;",
  'module.exports.a = 1; module.exports["b"] = 2; module . exports . c = 3; foo.exports.d = 1; foo.module.exports.e = 1',
  'module.exports = { a, b, c: d, "e": f, g: 1, h };', 'module.exports = { a, "b": c, ...d, ...require("./x"), e };', 'module.exports = { a: b , c: d }', 'module.exports = { a: b.c, d }', 'module.exports = { a() {}, b }', 'module.exports = { "a", b }', 'module.exports = { a, }',
  "module.exports = require('./x')", "module.exports = require('./x'); module.exports = require('./y');", "exports = require('./x')", "module.exports = require ( './x' )", 'module.exports = require(`./x`)', "module.exports = require('./x').y",
  "Object.defineProperty(exports, '__esModule', { value: true });", "Object.defineProperty(module.exports, 'a', { enumerable: true, value: 1 });", "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return b.c; } });",
  "Object.defineProperty(exports, 'a', { enumerable: true, get() { return b['c']; } });", "Object.defineProperty(exports, 'a', { enumerable: true, get: function get() { return b; }, });", "Object.defineProperty(exports, 'a', { get: () => b });", "Object.defineProperty(exports, 'a', { get: function () { return b.c.d; } }); exports.a = 1;",
  "Object.defineProperty(exports, 'a', { configurable: true, value: 1 });", "Object.defineProperty(exports, a, { value: 1 })", "Object.defineProperty(other, 'a', { value: 1 })",
  "var _x = require('./x'); Object.keys(_x).forEach(function (key) { if (key === 'default' || key === '__esModule') return; exports[key] = _x[key]; });",
  "var _x = require('./x');\nObject.keys(_x).forEach(function (key) {\n  if (key === \"default\" || key === \"__esModule\") return;\n  if (key in exports && exports[key] === _x[key]) return;\n  Object.defineProperty(exports, key, {\n    enumerable: true,\n    get: function () {\n      return _x[key];\n    }\n  });\n});",
  "var _names = {}; const _x = _interopRequireWildcard(require('./x')); Object.keys(_x).forEach(function (k) { if (k === 'default' || k === '__esModule') return; if (Object.prototype.hasOwnProperty.call(_names, k)) return; if (k in exports && exports[k] === _x[k]) return; exports[k] = _x[k]; });",
  "let _x = require('./x'); Object.keys(_x).forEach(function (k) { if (k !== 'default') exports[k] = _x[k]; });", "let _x = require('./x'); Object.keys(_x).forEach(function (k) { if (k !== 'default' && !exports.hasOwnProperty(k)) exports[k] = _x[k]; });",
  "let _x = require('./x'); Object.keys(_x).forEach(function (k) { if (k !== 'default' && !Object.prototype.hasOwnProperty.call(exports, k)) exports[k] = _x[k]; });",
  "Object.keys(_y).forEach(function (k) { if (k !== 'default') exports[k] = _y[k]; });", "x = require('./x'); Object.keys(x).forEach(function (k) { if (k !== 'default') exports[k] = x[k]; });",
  "__exportStar(require('./x'), exports); __export(require('./y')); tslib.__exportStar(require('./z'), exports); function f() { __export(require('./w')) }", "__export ( require('./x') )",
  '0 && (module.exports = { a, b, c });', "0 && (module.exports = {\n  a,\n  b,\n  ...require('./c')\n});", "(function () { exports.a = 1; })(); if (x) { exports.b = 2 }", "// exports.a = 1\n/* exports.b = 2 */ 'exports.c = 3'; `exports.d = ${exports.e = 5}`; /exports.f = 1/; exports.g = 1",
  'import x from "y"; exports.a = 1', 'import "y"', 'import("y"); exports.a = 1', 'import.meta.url; exports.a = 1', 'export const a = 1; exports.b = 1', 'export { a }', 'export default 1', 'exports.a = 1; }', 'exports.a = 1; (', 'exports.a = 1; "unterminated', 'exports.a = 1; `unterminated', 'if (a) { import x from "y" }', 'exporter = 1; importer = 2; exports.a = 1',
  'a = b / c; exports.x = 1; d = e / f', 'if (a) /re"/.test(b); exports.x = 1', 'a = (b) / c / d; exports.x = "/"', 'x = {} / 1; exports.a = 1', 'function f() {} /re"/; exports.a = 1', 'class A {} /re"/; exports.a = 1', 'a++ / b; exports.x = 1 / 2', 'return /"/; exports.a = 1', 'x = a ? /"/ : /\'/; exports.a = 1', 'x = [/]/, /[/"]/]; exports.a = 1', '({}).x / 2; exports.a = 1', '=> {} /"/; exports.a = 1', 'case /"/: exports.a = 1',
  '#!/usr/bin/env node\nexports.a = 1', '#!', '', 'exports.default = void 0; exports.a = exports.default = 1;', 'exports.ünïcödé = 1; exports["日本"] = 2; exports.\\u0061 = 1', 'exports.a == 1; exports.b === 2; exports.c => 3; exports.d += 1', 'myexports.a = 1; $exports.b = 1; exports2.c = 1; this.exports.d = 1; (exports.e = 1); [exports.f = 1]; !exports.g = 1',
  '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.foo = void 0;\nvar x_1 = require("./x");\nObject.defineProperty(exports, "foo", { enumerable: true, get: function () { return x_1.foo; } });\n__exportStar(require("./y"), exports);\n',
  'var __defProp = Object.defineProperty; var __export = (target, all) => { for (var name in all) __defProp(target, name, { get: all[name], enumerable: true }); };\nvar src_exports = {};\n__export(src_exports, { a: () => a });\nmodule.exports = __toCommonJS(src_exports);\nvar a = 1;\n// Annotate the CommonJS export names for ESM import in node:\n0 && (module.exports = {\n  a\n});\n',
  '(function (global, factory) { typeof exports === "object" && typeof module !== "undefined" ? factory(exports) : 0; })(this, (function (exports) { "use strict"; exports.a = a; Object.defineProperty(exports, "__esModule", { value: true }); }));',
  'exports.a = 1; exports.a = 2; exports.__proto__ = 1; exports.constructor = 2', "module.exports = { 'a': b, c: d,e, }", 'module.exports = { a: b, c }; module.exports.x = 1', 'module.exports = {\n // comment\n a, /* b */ c\n}', 'module.exports = function () {}; module.exports.a = 1', 'module.exports = { get a() { return 1 } , b }', 'module.exports = { async a() {}, b }', 'module["exports"].a = 1', 'let exports = {}; exports.a = 1',
];
save('cjs_lexer', sources.map((source) => {
  const [exports, reexports] = parse(source);
  return { source, exports: [...exports], reexports: [...reexports] };
}));
