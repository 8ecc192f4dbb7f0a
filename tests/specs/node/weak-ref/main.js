// A target lives at least until the job that made the reference is over.
const ref = new WeakRef({ value: 1 });
console.log(ref.deref().value, ref instanceof WeakRef, Object.prototype.toString.call(ref), WeakRef.name, WeakRef.length);
const strong = {};
console.log(new WeakRef(strong).deref() === strong);
for (const bad of [1, null]) {
  try { new WeakRef(bad); } catch (error) { console.log(error.name); }
}
