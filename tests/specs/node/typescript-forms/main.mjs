// Types in many places, and what they leave behind; see forms.ts.
import './forms.ts';
