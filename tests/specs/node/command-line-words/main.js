// Words of the command line that are no options of Node's, or lack something.
const { spawnSync } = require('child_process');
const run = (args, env = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } });
  console.log(args, status, stdout, stderr.replaceAll(process.execPath, 'node').replace(/node:\d+\)/g, 'node:PID)'));
};
run(['--bogus']);
run(['--bogus=1', '-p', '1']);
run(['--unhandled-rejections', '-p', '1']);
run(['--unhandled-rejections=']);
run(['--unhandled-rejections=bad', '-p', '1']);
run(['-e', '-p']);
run(['--stack-size=900', '-p', '1']);
run(['--max-semi-space-size=8', '--no-opt', '--allow_natives_syntax', '-p', '1']);
run(['--env-file-if-exists=missing.env', '-p', '1']);
run(['--env-file=missing.env', '-p', '1']);
run(['--trace-exit', '-e', 'process.exit(3)']);
run(['--no-addons', '-e', 'try { process.dlopen({ exports: {} }, "x") } catch (e) { console.log(e.code, e.message) }']);
run(['-e', 'for (const f of ["/nope.node", __filename]) try { process.dlopen({ exports: {} }, f) } catch (e) { console.log(e.code, e.message) }']);
run(['-e', 'require("fs").writeFileSync("/tmp/oac-text.node", "no machine code"); try { require("/tmp/oac-text.node") } catch (e) { console.log(e.code, e.message) }']);
run(['--pending-deprecation', '-e', 'process.env.A = 1; process.env.B = undefined; process.env.C = null; console.log(process.env.B, process.env.C)']);
run(['-p', 'const v8 = require("v8"); [v8.takeCoverage(), v8.stopCoverage()]']);
run(['-e', 'try { fs.opendirSync("/nope") } catch (e) { console.log(e.message, Object.keys(e)) }']);
