/** A setting is wrong, by whichever door it came: the command says so and exits with code 2. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}
