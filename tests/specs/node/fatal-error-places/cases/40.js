	if (true) {	throw new Error('tab') }
