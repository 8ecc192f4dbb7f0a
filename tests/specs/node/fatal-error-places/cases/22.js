[1,2].map(x => x.foo.bar)
