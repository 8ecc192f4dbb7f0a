Error.prepareStackTrace = (e, s) => s.map(c => c.getFunctionName()+':'+c.getLineNumber()+':'+c.getColumnNumber()).join('|'); function foo(){ throw new Error('p') } foo()
