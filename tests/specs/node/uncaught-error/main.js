function thrower() {
  throw new TypeError('bad thing');
}
console.log('before');
thrower();
