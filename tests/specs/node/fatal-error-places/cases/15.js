class A extends Error { constructor(m){super(m); this.name='A'; this.code='EX'; this.extra={a:1}} }
setTimeout(()=>{ throw new A('later') }, 1);
