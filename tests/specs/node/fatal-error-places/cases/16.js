process.nextTick(()=>{ undefinedFn() });
