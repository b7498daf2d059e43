/** `habeas clock`: NDJSON cases in, NDJSON results out (docs/clock.md section 1). */
import { evaluateLine } from '../domain/clock/evaluate.js';

/**
 * Evaluates one case per line, in order. Reads nothing but its input: same input, same bytes.
 * @param input text of the input in pieces of any size, as `process.stdin` yields it (UTF-8 text or bytes); lines end at
 *   `\n`, blank ones are skipped, the last may lack its newline
 * @param write receives each result line *without* its newline
 */
export async function runClock(
  input: AsyncIterable<string | Uint8Array>,
  write: (line: string) => void | Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  const emit = async (line: string): Promise<void> => {
    const result = evaluateLine(line);
    if (result !== null) await write(result);
  };
  for await (const piece of input) {
    const lines = (rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) await emit(line);
  }
  await emit(rest + decoder.decode());
}
