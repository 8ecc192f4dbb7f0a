export { value as 'module.exports' };
const value = { only: 'this' };
