(async () => { await 1; null.foo; })();
