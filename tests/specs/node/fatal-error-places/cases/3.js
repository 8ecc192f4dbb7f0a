const o = {};
o.x.y.z;
