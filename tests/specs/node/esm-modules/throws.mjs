throw new TypeError('from module');
