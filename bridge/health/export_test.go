package health

// What the tests outside the package look at.
const TimingsWindow = timingsWindow
