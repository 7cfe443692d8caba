package tiktokshop

//go:generate go run ../internal/gen/cmd/apigen generate -root .. -api tiktokshop
