process.on('uncaughtException', (e, o) => { console.log(o, e.message) ; throw new Error('again') }); throw new Error('first')
