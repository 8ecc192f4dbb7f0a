exports.a = 1; exports['b'] = 2; if (true) { exports.hidden = 3; }
