import { readFile } from 'node:fs/promises';
import { DomainConfigs } from '../../server/dom0/config/domain-configs.js';
import type { DomainConfigsParts, DomainConfigsSettings } from '../../server/dom0/config/domain-configs.js';
import { ForeignFiles } from '../../server/dom0/config/foreign-files.js';
import { SYSTEM_HOST_CLOCK } from '../../server/dom0/scheduling/host-clock.js';
import type { Logger } from '../../server/wire/logger.js';
import { parseXlDryRun, xlConfigRefusal } from '../../server/dom0/toolstack/xl-output.js';
import type { DryRun } from '../../server/dom0/toolstack/toolstack.js';
import { dryRunText } from '../../server/simulator/dry-run.js';

/**
 * Configurations, read in this process as xl reads them. A kernel is added, because short ones have none and
 * would be refused.
 */
export function configsLikeXl(
  settings: DomainConfigsSettings,
  logger: Logger,
  more: Partial<DomainConfigsParts> = {},
): DomainConfigs {
  const dryRun = async ({ config }: { readonly config: string }): Promise<DryRun> => {
    const { stdout, stderr, status } = dryRunText(
      `${await readFile(config, 'utf8')}kernel="/boot/vmlinuz"\n`,
      config,
    );
    const reading = status === 0 ? parseXlDryRun(stdout) : undefined;
    return reading ?? { refused: xlConfigRefusal(stderr, config) ?? '' };
  };
  return new DomainConfigs(settings, {
    toolstack: { dryRun, runsConfigs: false },
    files: new ForeignFiles(SYSTEM_HOST_CLOCK),
    logger,
    host: { boot: 'this', after: SYSTEM_HOST_CLOCK.after },
    kept: null,
    ...more,
  });
}
