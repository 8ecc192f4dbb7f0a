import x from 'y'; require('z')
