import type { NoticeChannel } from '../../server/gate/notices/notice-channel.js';
import type { NoticeMessage } from '../../server/store/notice-messages.js';

/** A channel whose receiver answers as the test says, and remembers what it got. */
export class Receiver implements NoticeChannel {
  readonly type = 'command';
  readonly got: NoticeMessage[] = [];
  /** What it answers; null: it has it. */
  answer: (message: NoticeMessage) => string | null | Promise<string | null> = () => null;

  constructor(
    readonly name: string,
    readonly most = 100,
    readonly perHour: number | null = null,
  ) {}

  async deliver(message: NoticeMessage): Promise<string | null> {
    this.got.push(message);
    return this.answer(message);
  }

  get texts(): string[] {
    return this.got.flatMap(({ notices }) => notices.map(({ text }) => text));
  }
}
