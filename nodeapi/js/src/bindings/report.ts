// Settings of diagnostic reports. There is no report to write here: those members fail by name.

export function create(): object {
  const settings = {
    Compact: false, ExcludeNetwork: false, ExcludeEnv: false, Directory: '', Filename: '', Signal: 'SIGUSR2',
  };
  const triggers = { FatalError: false, Signal: false, UncaughtException: false };
  const binding: Record<string, unknown> = {};
  for (const name of Object.keys(settings) as Array<keyof typeof settings>) {
    binding[`get${name}`] = () => settings[name];
    binding[`set${name}`] = (value: never) => { settings[name] = value; };
  }
  for (const name of Object.keys(triggers) as Array<keyof typeof triggers>) {
    binding[`shouldReportOn${name}`] = () => triggers[name];
    binding[`setReportOn${name}`] = (value: boolean) => { triggers[name] = value; };
  }
  return binding;
}
