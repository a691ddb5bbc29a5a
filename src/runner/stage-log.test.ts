import assert from 'node:assert/strict';
import { parseLogLine } from './log-format.ts';
import { maskPatterns } from './mask.ts';
import { StageLog } from './stage-log.ts';
import { StepOutput } from './step-output.ts';

const NOW = Date.parse('2026-01-02T03:04:05.678Z');

function aLog(limit = 10_000): { log: StageLog; written: () => string } {
  let text = '';
  const log = new StageLog(
    (more) => {
      text += more;
    },
    limit,
    () => NOW,
  );
  return { log, written: () => text };
}

describe('the log of a stage', () => {
  it('has a time before each line', () => {
    const { log, written } = aLog();
    log.lines(['a', '']);
    assert.equal(written(), '2026-01-02T03:04:05.678Z a\n2026-01-02T03:04:05.678Z \n');
  });

  it('is cut once, and goes on with what the runner says', () => {
    const { log, written } = aLog(100);
    log.start(1, 'make');
    for (let i = 0; i < 10; i++) log.lines([`line ${i}`]);
    log.end(1, 'Succeeded', 1234);
    const texts = written()
      .split('\n')
      .map((line) => line.slice(25));
    assert.deepEqual(texts, [
      '##[step 1 start] make',
      'line 0',
      'line 1',
      'line 2',
      '[the log of this stage is longer than 100 bytes: the rest is discarded]',
      '[the log of this stage is longer than 100 bytes: output of this step was discarded]',
      '##[step 1 end] Succeeded 1.2s',
      '',
    ]);
  });

  it('tells of each step whose output was discarded, and of no other', () => {
    const { log, written } = aLog(10);
    log.lines(['longer than that']);
    log.end(1, 'Succeeded', 0);
    log.end(2, 'Succeeded', 0);
    new StepOutput(log, []).write(Buffer.from('more\n'));
    log.end(3, 'Succeeded', 0);
    const told = written().matchAll(/output of this step was discarded|step \d end/g);
    assert.deepEqual(
      Array.from(told, ([text]) => text),
      [
        'output of this step was discarded',
        'step 1 end',
        'step 2 end',
        'output of this step was discarded',
        'step 3 end',
      ],
    );
  });

  it('lets no output pass for a marker', () => {
    const { log, written } = aLog();
    log.lines(['##[step 1 end] Succeeded 0.1s']);
    assert.equal(parseLogLine(written().trimEnd()).kind, 'text');
  });
});

describe('the output of a step', () => {
  it('is masked before it is cut into lines', () => {
    const { log, written } = aLog();
    const output = new StepOutput(log, maskPatterns(['first\nsecond-line']));
    output.write(Buffer.from('x first\nsec'));
    output.write(Buffer.from('ond-line y\n'));
    output.end();
    assert.equal(written().slice(25), 'x *** y\n');
    assert.equal(output.lastLine, 'x *** y');
  });

  it('has a last line, a trace only where there is nothing else', () => {
    const { log } = aLog();
    const output = new StepOutput(log, []);
    output.write(Buffer.from('+ make\n'));
    assert.equal(output.lastLine, '+ make');
    output.write(Buffer.from('no rule\n+ exit 2\n\n'));
    assert.equal(output.lastLine, 'no rule');
  });

  it('has a last line beyond the end of the log', () => {
    const { log } = aLog(100);
    const output = new StepOutput(log, []);
    for (let i = 0; i < 1000; i++) output.write(Buffer.from(`line ${i}\n`));
    output.end();
    assert.equal(output.lastLine, 'line 999');
  });
});
