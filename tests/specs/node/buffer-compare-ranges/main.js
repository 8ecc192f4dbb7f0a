// Ranges of both sides.
const a = Buffer.from([1,2,3,4,5,6,7,8,9,0]), b = Buffer.from([2,3,4,5,6,7,8,9,0,1]);
for (const args of [[0,5,4],[5,undefined,1],[2,4,2],[0,7,4],[5],[0,undefined,0],[0,5,0,5]]) { let r; try { r=a.compare(b,...args) } catch(e) { r=e.code } console.log(args, r); }
