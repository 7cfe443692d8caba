package linnworks

import "context"

// AuthService holds the operations of the Auth section.
type AuthService service

// AuthorizeByApplication calls POST /api/Auth/AuthorizeByApplication.
func (s *AuthService) AuthorizeByApplication(ctx context.Context, req *AuthorizeByApplicationRequest, opts ...CallOption) (*BaseSession, error) {
	out := new(BaseSession)
	return out, s.client.call(ctx, operation{name: "Auth.AuthorizeByApplication", method: "POST", path: "/api/Auth/AuthorizeByApplication", body: bodyFlat, replay: replayRead, limit: 150, host: hostAuth}, nil, req, out, opts)
}

// AuthorizeByApplicationRequest is the request of AuthorizeByApplication.
type AuthorizeByApplicationRequest struct {
	ApplicationID     *GUID `json:"ApplicationId,omitzero"`
	ApplicationSecret *GUID `json:"ApplicationSecret,omitzero"`
	Token             *GUID `json:"Token,omitzero"`
}

// BaseSession is part of the Auth section.
type BaseSession struct {
	ID                    GUID              `json:"Id,omitzero"`
	EntityID              GUID              `json:"EntityId,omitzero"`
	DatabaseName          string            `json:"DatabaseName,omitzero"`
	DatabaseServer        string            `json:"DatabaseServer,omitzero"`
	PrivateDatabaseServer string            `json:"PrivateDatabaseServer,omitzero"`
	DatabaseUser          string            `json:"DatabaseUser,omitzero"`
	DatabasePassword      Secret            `json:"DatabasePassword,omitzero"`
	AppName               string            `json:"AppName,omitzero"`
	SidRegistration       GUID              `json:"sid_registration,omitzero"`
	UserName              string            `json:"UserName,omitzero"`
	Md5Hash               Secret            `json:"Md5Hash,omitzero"`
	Locality              string            `json:"Locality,omitzero"`
	SuperAdmin            bool              `json:"SuperAdmin,omitzero"`
	TTL                   int               `json:"TTL,omitzero"`
	Token                 Secret            `json:"Token,omitzero"`
	AccessToken           Secret            `json:"AccessToken,omitzero"`
	GroupName             string            `json:"GroupName,omitzero"`
	Device                string            `json:"Device,omitzero"`
	DeviceType            string            `json:"DeviceType,omitzero"`
	UserType              string            `json:"UserType,omitzero"`
	Status                SessionStatus     `json:"Status,omitzero"`
	UserID                GUID              `json:"UserId,omitzero"`
	Properties            map[string]string `json:"Properties,omitzero"`
	Email                 string            `json:"Email,omitzero"`
	Server                string            `json:"Server,omitzero"`
	PushServer            string            `json:"PushServer,omitzero"`
}

// SessionStatus is part of the Auth section.
type SessionStatus struct {
	State      string            `json:"State,omitzero"`
	Reason     string            `json:"Reason,omitzero"`
	Parameters map[string]string `json:"Parameters,omitzero"`
}
