import { errorMap, errorMessage, errorName } from '../uv';

export function create(): object {
  const binding: any = { errname: errorName, getErrorMap: () => errorMap, getErrorMessage: errorMessage };
  for (const [number, [name]] of errorMap) binding[`UV_${name}`] = number;
  return binding;
}
