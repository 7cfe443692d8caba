package linnworks

//go:generate go run ../internal/gen/cmd/apigen generate -root .. -api linnworks
