Object.defineProperty(exports, '__esModule', { value: true }); exports.default = void 0; exports.named = 4; exports.default = 5;
