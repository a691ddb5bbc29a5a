/** Names of stage pods: the same attempt always has the same name, and no two attempts share one. */
import { createHash } from 'node:crypto';

const MOST = 63;
const SHORT_HASH = 6;
const LONG_HASH = 12;

/**
 * `RUN-STAGE-ATTEMPT` as a DNS-1123 label. Read from its end such a name has one meaning only if the stage has no dash
 * (`a-b` + `c` and `a` + `b-c` would be one); all others carry a hash, which starts with a letter where the plain ones
 * end in a number.
 */
export function podName(run: string, stage: string, attempt: number): string {
  const plain = `${run}-${stage}-${attempt}`;
  if (!stage.includes('-') && !run.includes('.') && plain.length <= MOST) return plain;
  const hash = createHash('sha256')
    .update(JSON.stringify([run, stage, attempt]))
    .digest('hex');
  const readable = plain.replaceAll('.', '-');
  if (readable.length + 2 + SHORT_HASH <= MOST) return `${readable}-h${hash.slice(0, SHORT_HASH)}`;
  const tail = `-h${hash.slice(0, LONG_HASH)}`;
  return readable.slice(0, MOST - tail.length).replace(/-+$/, '') + tail;
}
