/**
 * What the set-up says when something cannot be had: one sentence on what is missing, one on how to mend it.
 * `code` is stable; scripts and tests may rely on it.
 */
export class SetupError extends Error {
  /**
   * @param {string} code `node_version`, `npm_failed`, `no_network`, `disk_full`, `no_python`, `python_failed`,
   *   `build_failed`, `setup_busy`, `port_taken`, `server_missing`
   * @param {string} missing what is missing, one sentence
   * @param {string} remedy how to mend it, one sentence
   */
  constructor(code, missing, remedy) {
    super(`${missing} ${remedy}`);
    this.name = 'SetupError';
    this.code = code;
  }
}

/**
 * Finds the cause in what a package tool printed, so that the reader is told of the network or the disk and not of
 * a stack of the tool.
 * @param {string} output
 * @returns {'no_network' | 'disk_full' | null}
 */
export function causeIn(output) {
  if (/ENOSPC|No space left on device|Disk quota exceeded|os error 28/i.test(output)) return 'disk_full';
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Name or service not known|Temporary failure in name resolution|NewConnectionError|Max retries exceeded|dns error|error sending request|Failed to fetch/i.test(
      output,
    )
  ) {
    return 'no_network';
  }
  return null;
}

/**
 * @param {string} code used when the output names no known cause
 * @param {string} what what was being fetched
 * @param {string} output everything that the tool printed
 * @param {string} log file in which the whole output stands
 */
export function fromTool(code, what, output, log) {
  const cause = causeIn(output);
  if (cause === 'disk_full')
    return new SetupError(
      cause,
      `The disk is full: ${what} could not be written.`,
      'Free about 1 GB and run the same command again.',
    );
  if (cause === 'no_network') {
    return new SetupError(
      cause,
      `The package registry cannot be reached: ${what} could not be fetched.`,
      'Check the network or the proxy settings and run the same command again.',
    );
  }
  return new SetupError(
    code,
    `${what} could not be installed.`,
    `The tool's own words stand in ${log}; mend what it names and run the same command again.`,
  );
}
