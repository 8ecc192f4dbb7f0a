import { environment } from '../environment';
import { monotonicNs } from '../loop';
import { readText } from '../files';
import { encodeBytes } from './buffer';

const MEMORY_BYTES = 4 * 2 ** 30;

function bytes(text: string, encoding: unknown): unknown {
  return encodeBytes(host.ops.encoding_encode_utf8(text), encoding);
}

export function create(): object {
  return {
    getHostname: () => environment.get('HOSTNAME') ?? 'container',
    getOSInformation: () => ['Linux', '#1 SMP', '6.1.0', 'x86_64'],
    getHomeDirectory: () => environment.get('HOME') ?? '/root',
    getLoadAvg(array: Float64Array): void { array.fill(0); },
    getUptime: () => monotonicNs() / 1e9,
    getTotalMem: () => MEMORY_BYTES,
    getFreeMem: () => MEMORY_BYTES / 2,
    getCPUs: () => ['virtual', 0, 0, 0, 0, 0, 0],
    getAvailableParallelism: () => 1,
    getInterfaceAddresses: () => ['lo', '127.0.0.1', '255.0.0.0', 'IPv4', '00:00:00:00:00:00', true, -1],
    getPriority: () => 0,
    setPriority: () => 0,
    getUserInfo(options: { encoding?: string } | undefined): object {
      const encoding = options?.encoding;
      const line = readText('/etc/passwd')?.split('\n').find((entry) => entry.split(':')[2] === '0');
      const [username, , , , , homedir, shell] = line?.split(':') ?? ['root', '', '', '', '', environment.get('HOME') ?? '/root', '/bin/sh'];
      return {
        uid: 0, gid: 0, username: bytes(username!, encoding), homedir: bytes(homedir ?? '/root', encoding), shell: bytes(shell ?? '/bin/sh', encoding),
      };
    },
    isBigEndian: false,
  };
}
