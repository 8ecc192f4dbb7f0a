console.log('side effect first');
