const s = `abc
