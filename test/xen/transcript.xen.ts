import { transcriptCases } from '../acceptance/transcript.js';
import { realWorld } from './lab/real-world.js';

describe('what a server says, on a real Xen', () => {
  transcriptCases(realWorld());
});
