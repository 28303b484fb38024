const Mocha = require('mocha');

const { EVENT_RUN_END } = Mocha.Runner.constants;

/** Mocha's dots, then one plain line for scripts: `N passed, N failed, N skipped`. */
module.exports = class SummaryReporter extends Mocha.reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`\n${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
