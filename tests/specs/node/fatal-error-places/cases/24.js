const vm=require('vm'); vm.runInThisContext('\n\n  foo.bar()', 'my.js')
