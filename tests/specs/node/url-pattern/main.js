console.log(new URLPattern({ pathname: '/:id' }).exec('http://x/7').pathname.groups.id);
