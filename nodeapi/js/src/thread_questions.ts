// What one thread asks another about itself: the answer comes when the other gets to it.

import { receiveMessage, send } from './channel';
import { POLLIN, Watcher } from './loop';
import { readMessage, writeMessage } from './message_format';

export type Question = 'heapStatistics' | 'cpuUsage';

interface Asking { watcher: Watcher; waiting: Array<(...answer: unknown[]) => void> }
const asking = new Map<number, Asking>();

function cpuUsage(): unknown[] {
  const { user, system } = host.global.process.cpuUsage();
  return [null, { user, system }];
}

const answers: Record<Question, () => unknown[]> = {
  cpuUsage,
  heapStatistics: () => [host.loadGlue('fatal').internals.require('v8').getHeapStatistics()],
};

/** Answers what comes on this end. */
export function answer(fd: number): void {
  const watcher = new Watcher(fd, () => {
    for (;;) {
      const message = receiveMessage(fd);
      if (message === 'over') watcher.watch(0);
      if (message === 'over' || message === undefined) return;
      const question = readMessage(message) as Question;
      send(fd, writeMessage(answers[question](), []));
    }
  });
  watcher.referenced = false;
  watcher.watch(POLLIN);
}

/** Asks on this end; the answers come in the order of the questions. */
export function ask(fd: number, question: Question, then: (...answer: unknown[]) => void): void {
  let asked = asking.get(fd);
  if (asked === undefined) {
    const waiting: Asking['waiting'] = [];
    const watcher = new Watcher(fd, () => {
      const message = receiveMessage(fd);
      if (message === undefined) return;
      if (message === 'over') watcher.watch(0);
      else waiting.shift()?.(...readMessage(message) as unknown[]);
      if (waiting.length === 0) forget(fd);
    });
    asked = { watcher, waiting };
    asking.set(fd, asked);
    watcher.watch(POLLIN);
  }
  asked.waiting.push(then);
  send(fd, writeMessage(question, []));
}

/** Nobody waits for answers on this end any more. */
export function forget(fd: number): void {
  asking.get(fd)?.watcher.watch(0);
  asking.delete(fd);
}
