process.on('warning', (warning) => console.log(warning.name, warning.code, warning.message));
process.emitWarning('plain');
process.emitWarning('with a code', { type: 'CustomWarning', code: 'C1', detail: 'some detail' });
process.emitWarning('old', 'DeprecationWarning', 'DEP9999');
process.emitWarning('old', 'DeprecationWarning', 'DEP9999');
try { process.emitWarning(5); } catch (error) { console.log(error.code); }
