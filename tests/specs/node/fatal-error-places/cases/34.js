process.exitCode = 3; Promise.reject(undefined)
