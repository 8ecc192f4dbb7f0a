const u = new URL('nope')
