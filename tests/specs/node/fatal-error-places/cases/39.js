  const   longName   =   someOther . missing ( 1 ) ;
