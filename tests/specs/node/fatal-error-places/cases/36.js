require('assert')(0 > 1)
