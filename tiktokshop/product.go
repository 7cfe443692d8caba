package tiktokshop

import "context"

// ProductService holds the operations of the Product section.
type ProductService service

// SearchProducts calls POST /product/202502/products/search.
func (s *ProductService) SearchProducts(ctx context.Context, req *SearchProductsRequest, opts ...CallOption) (*SearchProductsResponse, error) {
	out := new(SearchProductsResponse)
	return out, s.client.call(ctx, operation{name: "Product.SearchProducts", method: "POST", path: "/product/202502/products/search", query: true, body: bodyJSON, replay: replayRead}, nil, req, out, opts)
}

// GetProduct calls GET /product/202309/products/{product_id}.
func (s *ProductService) GetProduct(ctx context.Context, productID string, req *GetProductRequest, opts ...CallOption) (*Product, error) {
	out := new(Product)
	return out, s.client.call(ctx, operation{name: "Product.GetProduct", method: "GET", path: "/product/202309/products/{product_id}", query: true, replay: replayRead}, []string{productID}, req, out, opts)
}

// InventorySearch calls POST /product/202309/inventory/search.
func (s *ProductService) InventorySearch(ctx context.Context, req *InventorySearchRequest, opts ...CallOption) (*InventorySearchResponse, error) {
	out := new(InventorySearchResponse)
	return out, s.client.call(ctx, operation{name: "Product.InventorySearch", method: "POST", path: "/product/202309/inventory/search", body: bodyJSON, replay: replayRead}, nil, req, out, opts)
}

// UpdateInventory calls POST /product/202309/products/{product_id}/inventory/update.
func (s *ProductService) UpdateInventory(ctx context.Context, productID string, req *UpdateInventoryRequest, opts ...CallOption) (*UpdateInventoryResponse, error) {
	out := new(UpdateInventoryResponse)
	return out, s.client.call(ctx, operation{name: "Product.UpdateInventory", method: "POST", path: "/product/202309/products/{product_id}/inventory/update", body: bodyJSON, replay: replayWrite}, []string{productID}, req, out, opts)
}

// GetProductRequest is part of the product section.
type GetProductRequest struct {
	ReturnUnderReviewVersion *bool   `url:"return_under_review_version,omitempty" json:"-"`
	ReturnDraftVersion       *bool   `url:"return_draft_version,omitempty" json:"-"`
	Locale                   *string `url:"locale,omitempty" json:"-"`
}

// Inventory is part of the product section.
type Inventory struct {
	ProductID string         `json:"product_id,omitzero"`
	SKUs      []InventorySKU `json:"skus,omitzero"`
}

// InventorySKU is part of the product section.
type InventorySKU struct {
	ID                                  string                                          `json:"id,omitzero"`
	SellerSKU                           string                                          `json:"seller_sku,omitzero"`
	TotalAvailableInventoryDistribution InventorySKUTotalAvailableInventoryDistribution `json:"total_available_inventory_distribution,omitzero"`
	TotalAvailableQuantity              int                                             `json:"total_available_quantity,omitzero"`
	TotalCommittedQuantity              int                                             `json:"total_committed_quantity,omitzero"`
	WarehouseInventory                  []WarehouseInventory                            `json:"warehouse_inventory,omitzero"`
}

// InventorySKUTotalAvailableInventoryDistribution is part of the product section.
type InventorySKUTotalAvailableInventoryDistribution struct {
	CampaignInventory []InventorySKUTotalAvailableInventoryDistributionCampaignInventory `json:"campaign_inventory,omitzero"`
	CreatorInventory  []InventorySKUTotalAvailableInventoryDistributionCreatorInventory  `json:"creator_inventory,omitzero"`
	InShopInventory   InventorySKUTotalAvailableInventoryDistributionInShopInventory     `json:"in_shop_inventory,omitzero"`
}

// InventorySKUTotalAvailableInventoryDistributionCampaignInventory is part of the product section.
type InventorySKUTotalAvailableInventoryDistributionCampaignInventory struct {
	CampaignName string `json:"campaign_name,omitzero"`
	Quantity     int    `json:"quantity,omitzero"`
}

// InventorySKUTotalAvailableInventoryDistributionCreatorInventory is part of the product section.
type InventorySKUTotalAvailableInventoryDistributionCreatorInventory struct {
	CreatorName string `json:"creator_name,omitzero"`
	Quantity    int    `json:"quantity,omitzero"`
}

// InventorySKUTotalAvailableInventoryDistributionInShopInventory is part of the product section.
type InventorySKUTotalAvailableInventoryDistributionInShopInventory struct {
	Quantity int `json:"quantity,omitzero"`
}

// InventorySearchRequest is part of the product section.
type InventorySearchRequest struct {
	ProductIDs []string `json:"product_ids,omitzero"`
	SKUIDs     []string `json:"sku_ids,omitzero"`
}

// InventorySearchResponse is part of the product section.
type InventorySearchResponse struct {
	Inventory []Inventory `json:"inventory,omitzero"`
}

// Product is part of the product section.
type Product struct {
	Audit                        ProductAudit                      `json:"audit,omitzero"`
	CreateTime                   UnixSeconds                       `json:"create_time,omitzero"`
	HasDraft                     bool                              `json:"has_draft,omitzero"`
	ID                           string                            `json:"id,omitzero"`
	IntegratedPlatformStatuses   []ProductIntegratedPlatformStatus `json:"integrated_platform_statuses,omitzero"`
	IsNotForSale                 bool                              `json:"is_not_for_sale,omitzero"`
	ListingQualityTier           string                            `json:"listing_quality_tier,omitzero"`
	ProductFamilies              []ProductProductFamily            `json:"product_families,omitzero"`
	ProductSyncFailReasons       []string                          `json:"product_sync_fail_reasons,omitzero"`
	RecommendedCategories        []ProductRecommendedCategory      `json:"recommended_categories,omitzero"`
	SalesRegions                 []string                          `json:"sales_regions,omitzero"`
	SKUs                         []SKU                             `json:"skus,omitzero"`
	Status                       ProductStatus                     `json:"status,omitzero"`
	Title                        string                            `json:"title,omitzero"`
	UpdateTime                   UnixSeconds                       `json:"update_time,omitzero"`
	AuditFailedReasons           []ProductAuditFailedReason        `json:"audit_failed_reasons,omitzero"`
	Brand                        ProductBrand                      `json:"brand,omitzero"`
	CategoryChains               []ProductCategoryChain            `json:"category_chains,omitzero"`
	Certifications               []ProductCertification            `json:"certifications,omitzero"`
	DeliveryOptions              []ProductDeliveryOption           `json:"delivery_options,omitzero"`
	Description                  string                            `json:"description,omitzero"`
	ExternalProductID            string                            `json:"external_product_id,omitzero"`
	GlobalProductAssociation     ProductGlobalProductAssociation   `json:"global_product_association,omitzero"`
	IsCODAllowed                 bool                              `json:"is_cod_allowed,omitzero"`
	IsPreOwned                   bool                              `json:"is_pre_owned,omitzero"`
	IsReplicated                 bool                              `json:"is_replicated,omitzero"`
	MainImages                   []ProductMainImage                `json:"main_images,omitzero"`
	ManufacturerIDs              []string                          `json:"manufacturer_ids,omitzero"`
	MinimumOrderQuantity         int                               `json:"minimum_order_quantity,omitzero"`
	PackageDimensions            ProductPackageDimensions          `json:"package_dimensions,omitzero"`
	PackageWeight                ProductPackageWeight              `json:"package_weight,omitzero"`
	PrescriptionRequirement      ProductPrescriptionRequirement    `json:"prescription_requirement,omitzero"`
	PrimaryCombinedProductID     string                            `json:"primary_combined_product_id,omitzero"`
	ProductAttributes            []ProductProductAttribute         `json:"product_attributes,omitzero"`
	ProductStatus                string                            `json:"product_status,omitzero"`
	ProductTypes                 []string                          `json:"product_types,omitzero"`
	ResponsiblePersonIDs         []string                          `json:"responsible_person_ids,omitzero"`
	ShippingInsuranceRequirement string                            `json:"shipping_insurance_requirement,omitzero"`
	ShippingTemplateID           string                            `json:"shipping_template_id,omitzero"`
	SizeChart                    ProductSizeChart                  `json:"size_chart,omitzero"`
	SubscribeInfo                ProductSubscribeInfo              `json:"subscribe_info,omitzero"`
	Video                        ProductVideo                      `json:"video,omitzero"`
}

// ProductAudit is part of the product section.
type ProductAudit struct {
	PreApprovedReasons []string `json:"pre_approved_reasons,omitzero"`
	Status             string   `json:"status,omitzero"`
}

// ProductAuditFailedReason is part of the product section.
type ProductAuditFailedReason struct {
	ListingPlatform string   `json:"listing_platform,omitzero"`
	Position        string   `json:"position,omitzero"`
	Reasons         []string `json:"reasons,omitzero"`
	Suggestions     []string `json:"suggestions,omitzero"`
}

// ProductBrand is part of the product section.
type ProductBrand struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// ProductCategoryChain is part of the product section.
type ProductCategoryChain struct {
	ID        string `json:"id,omitzero"`
	IsLeaf    bool   `json:"is_leaf,omitzero"`
	LocalName string `json:"local_name,omitzero"`
	ParentID  string `json:"parent_id,omitzero"`
}

// ProductCertification is part of the product section.
type ProductCertification struct {
	ExpirationDate int64                       `json:"expiration_date,omitzero"`
	Files          []ProductCertificationFile  `json:"files,omitzero"`
	ID             string                      `json:"id,omitzero"`
	Images         []ProductCertificationImage `json:"images,omitzero"`
	Title          string                      `json:"title,omitzero"`
}

// ProductCertificationFile is part of the product section.
type ProductCertificationFile struct {
	Format string   `json:"format,omitzero"`
	ID     string   `json:"id,omitzero"`
	Name   string   `json:"name,omitzero"`
	Urls   []string `json:"urls,omitzero"`
}

// ProductCertificationImage is part of the product section.
type ProductCertificationImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// ProductDeliveryOption is part of the product section.
type ProductDeliveryOption struct {
	ID          string `json:"id,omitzero"`
	IsAvailable bool   `json:"is_available,omitzero"`
	Name        string `json:"name,omitzero"`
}

// ProductGlobalProductAssociation is part of the product section.
type ProductGlobalProductAssociation struct {
	GlobalProductID string                                      `json:"global_product_id,omitzero"`
	SKUMappings     []ProductGlobalProductAssociationSKUMapping `json:"sku_mappings,omitzero"`
}

// ProductGlobalProductAssociationSKUMapping is part of the product section.
type ProductGlobalProductAssociationSKUMapping struct {
	GlobalSKUID            string                                                           `json:"global_sku_id,omitzero"`
	LocalSKUID             string                                                           `json:"local_sku_id,omitzero"`
	SalesAttributeMappings []ProductGlobalProductAssociationSKUMappingSalesAttributeMapping `json:"sales_attribute_mappings,omitzero"`
}

// ProductGlobalProductAssociationSKUMappingSalesAttributeMapping is part of the product section.
type ProductGlobalProductAssociationSKUMappingSalesAttributeMapping struct {
	GlobalAttributeID string `json:"global_attribute_id,omitzero"`
	GlobalValueID     string `json:"global_value_id,omitzero"`
	LocalAttributeID  string `json:"local_attribute_id,omitzero"`
	LocalValueID      string `json:"local_value_id,omitzero"`
}

// ProductIntegratedPlatformStatus is part of the product section.
type ProductIntegratedPlatformStatus struct {
	Platform string `json:"platform,omitzero"`
	Status   string `json:"status,omitzero"`
}

// ProductMainImage is part of the product section.
type ProductMainImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// ProductPackageDimensions is part of the product section.
type ProductPackageDimensions struct {
	Height string `json:"height,omitzero"`
	Length string `json:"length,omitzero"`
	Unit   string `json:"unit,omitzero"`
	Width  string `json:"width,omitzero"`
}

// ProductPackageWeight is part of the product section.
type ProductPackageWeight struct {
	Unit  string `json:"unit,omitzero"`
	Value string `json:"value,omitzero"`
}

// ProductPrescriptionRequirement is part of the product section.
type ProductPrescriptionRequirement struct {
	NeedsPrescription bool `json:"needs_prescription,omitzero"`
}

// ProductProductAttribute is part of the product section.
type ProductProductAttribute struct {
	ID     string                         `json:"id,omitzero"`
	Name   string                         `json:"name,omitzero"`
	Values []ProductProductAttributeValue `json:"values,omitzero"`
}

// ProductProductAttributeValue is part of the product section.
type ProductProductAttributeValue struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// ProductProductFamily is part of the product section.
type ProductProductFamily struct {
	ID       string                        `json:"id,omitzero"`
	Products []ProductProductFamilyProduct `json:"products,omitzero"`
}

// ProductProductFamilyProduct is part of the product section.
type ProductProductFamilyProduct struct {
	ID string `json:"id,omitzero"`
}

// ProductRecommendedCategory is part of the product section.
type ProductRecommendedCategory struct {
	ID        string `json:"id,omitzero"`
	LocalName string `json:"local_name,omitzero"`
}

// ProductSizeChart is part of the product section.
type ProductSizeChart struct {
	Image    ProductSizeChartImage    `json:"image,omitzero"`
	Template ProductSizeChartTemplate `json:"template,omitzero"`
}

// ProductSizeChartImage is part of the product section.
type ProductSizeChartImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// ProductSizeChartTemplate is part of the product section.
type ProductSizeChartTemplate struct {
	ID string `json:"id,omitzero"`
}

// ProductSubscribeInfo is part of the product section.
type ProductSubscribeInfo struct {
	SubscribeDiscountDetails []ProductSubscribeInfoSubscribeDiscountDetail  `json:"subscribe_discount_details,omitzero"`
	SubscribePromotionConfig []ProductSubscribeInfoSubscribePromotionConfig `json:"subscribe_promotion_config,omitzero"`
	SubscribeStatus          string                                         `json:"subscribe_status,omitzero"`
	SupportSubscribe         bool                                           `json:"support_subscribe,omitzero"`
}

// ProductSubscribeInfoSubscribeDiscountDetail is part of the product section.
type ProductSubscribeInfoSubscribeDiscountDetail struct {
	DiscountLevel string `json:"discount_level,omitzero"`
	DiscountValue int    `json:"discount_value,omitzero"`
}

// ProductSubscribeInfoSubscribePromotionConfig is part of the product section.
type ProductSubscribeInfoSubscribePromotionConfig struct {
	DiscountLevel   string `json:"discount_level,omitzero"`
	DiscountOptions []int  `json:"discount_options,omitzero"`
	MaxDiscount     int    `json:"max_discount,omitzero"`
	MinDiscount     int    `json:"min_discount,omitzero"`
}

// ProductVideo is part of the product section.
type ProductVideo struct {
	CoverURL string `json:"cover_url,omitzero"`
	Format   string `json:"format,omitzero"`
	Height   int    `json:"height,omitzero"`
	ID       string `json:"id,omitzero"`
	Size     int    `json:"size,omitzero"`
	URL      string `json:"url,omitzero"`
	Width    int    `json:"width,omitzero"`
}

// SKU is part of the product section.
type SKU struct {
	ExternalListPrices   []SKUExternalListPrice `json:"external_list_prices,omitzero"`
	Fees                 []SKUFee               `json:"fees,omitzero"`
	ID                   string                 `json:"id,omitzero"`
	Inventory            []SKUInventory         `json:"inventory,omitzero"`
	ListPrice            SKUListPrice           `json:"list_price,omitzero"`
	PreSale              SKUPreSale             `json:"pre_sale,omitzero"`
	Price                SKUPrice               `json:"price,omitzero"`
	SellerSKU            string                 `json:"seller_sku,omitzero"`
	StatusInfo           SKUStatusInfo          `json:"status_info,omitzero"`
	CombinedSKUs         []SKUCombinedSKU       `json:"combined_skus,omitzero"`
	ExternalSKUID        string                 `json:"external_sku_id,omitzero"`
	ExternalUrls         []string               `json:"external_urls,omitzero"`
	ExtraIdentifierCodes []string               `json:"extra_identifier_codes,omitzero"`
	GlobalListingPolicy  SKUGlobalListingPolicy `json:"global_listing_policy,omitzero"`
	IdentifierCode       SKUIdentifierCode      `json:"identifier_code,omitzero"`
	SalesAttributes      []SKUSalesAttribute    `json:"sales_attributes,omitzero"`
	SKUUnitCount         string                 `json:"sku_unit_count,omitzero"`
}

// SKUCombinedSKU is part of the product section.
type SKUCombinedSKU struct {
	Brand                         SKUCombinedSKUBrand            `json:"brand,omitzero"`
	Categories                    []SKUCombinedSKUCategory       `json:"categories,omitzero"`
	CombinedListingNotLiveReasons []string                       `json:"combined_listing_not_live_reasons,omitzero"`
	Inventory                     []SKUCombinedSKUInventory      `json:"inventory,omitzero"`
	Price                         SKUCombinedSKUPrice            `json:"price,omitzero"`
	ProductID                     string                         `json:"product_id,omitzero"`
	ProductMainImage              SKUCombinedSKUProductMainImage `json:"product_main_image,omitzero"`
	SalesAttributes               []SKUCombinedSKUSalesAttribute `json:"sales_attributes,omitzero"`
	SellerSKU                     string                         `json:"seller_sku,omitzero"`
	SKUCount                      int                            `json:"sku_count,omitzero"`
	SKUID                         string                         `json:"sku_id,omitzero"`
	Title                         string                         `json:"title,omitzero"`
}

// SKUCombinedSKUBrand is part of the product section.
type SKUCombinedSKUBrand struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name,omitzero"`
}

// SKUCombinedSKUCategory is part of the product section.
type SKUCombinedSKUCategory struct {
	ID        string `json:"id,omitzero"`
	IsLeaf    bool   `json:"is_leaf,omitzero"`
	LocalName string `json:"local_name,omitzero"`
	ParentID  string `json:"parent_id,omitzero"`
}

// SKUCombinedSKUInventory is part of the product section.
type SKUCombinedSKUInventory struct {
	Quantity    int    `json:"quantity,omitzero"`
	WarehouseID string `json:"warehouse_id,omitzero"`
}

// SKUCombinedSKUPrice is part of the product section.
type SKUCombinedSKUPrice struct {
	Currency          string  `json:"currency,omitzero"`
	SalePrice         Decimal `json:"sale_price,omitzero"`
	TaxExclusivePrice Decimal `json:"tax_exclusive_price,omitzero"`
}

// SKUCombinedSKUProductMainImage is part of the product section.
type SKUCombinedSKUProductMainImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// SKUCombinedSKUSalesAttribute is part of the product section.
type SKUCombinedSKUSalesAttribute struct {
	ID                     string                                              `json:"id,omitzero"`
	Name                   string                                              `json:"name,omitzero"`
	SKUImg                 SKUCombinedSKUSalesAttributeSKUImg                  `json:"sku_img,omitzero"`
	SupplementarySKUImages []SKUCombinedSKUSalesAttributeSupplementarySKUImage `json:"supplementary_sku_images,omitzero"`
	ValueID                string                                              `json:"value_id,omitzero"`
	ValueName              string                                              `json:"value_name,omitzero"`
}

// SKUCombinedSKUSalesAttributeSKUImg is part of the product section.
type SKUCombinedSKUSalesAttributeSKUImg struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// SKUCombinedSKUSalesAttributeSupplementarySKUImage is part of the product section.
type SKUCombinedSKUSalesAttributeSupplementarySKUImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// SKUExternalListPrice is part of the product section.
type SKUExternalListPrice struct {
	Amount   Decimal `json:"amount,omitzero"`
	Currency string  `json:"currency,omitzero"`
	Source   string  `json:"source,omitzero"`
}

// SKUFee is part of the product section.
type SKUFee struct {
	AdditionalAttribute string  `json:"additional_attribute,omitzero"`
	Amount              Decimal `json:"amount,omitzero"`
	Type                string  `json:"type,omitzero"`
}

// SKUGlobalListingPolicy is part of the product section.
type SKUGlobalListingPolicy struct {
	InventoryType   string                                `json:"inventory_type,omitzero"`
	PriceSync       bool                                  `json:"price_sync,omitzero"`
	ReplicateSource SKUGlobalListingPolicyReplicateSource `json:"replicate_source,omitzero"`
}

// SKUGlobalListingPolicyReplicateSource is part of the product section.
type SKUGlobalListingPolicyReplicateSource struct {
	ProductID string `json:"product_id,omitzero"`
	ShopID    string `json:"shop_id,omitzero"`
	SKUID     string `json:"sku_id,omitzero"`
}

// SKUIdentifierCode is part of the product section.
type SKUIdentifierCode struct {
	Code string `json:"code,omitzero"`
	Type string `json:"type,omitzero"`
}

// SKUInventory is part of the product section.
type SKUInventory struct {
	BackorderQuantity int    `json:"backorder_quantity,omitzero"`
	HandlingTime      int    `json:"handling_time,omitzero"`
	Quantity          int    `json:"quantity,omitzero"`
	WarehouseID       string `json:"warehouse_id,omitzero"`
}

// SKUListPrice is part of the product section.
type SKUListPrice struct {
	Amount   Decimal `json:"amount,omitzero"`
	Currency string  `json:"currency,omitzero"`
}

// SKUPreSale is part of the product section.
type SKUPreSale struct {
	FulfillmentType SKUPreSaleFulfillmentType `json:"fulfillment_type,omitzero"`
	Type            string                    `json:"type,omitzero"`
}

// SKUPreSaleFulfillmentType is part of the product section.
type SKUPreSaleFulfillmentType struct {
	HandlingDurationDays int         `json:"handling_duration_days,omitzero"`
	ReleaseDate          UnixSeconds `json:"release_date,omitzero"`
}

// SKUPrice is part of the product section.
type SKUPrice struct {
	Currency          string  `json:"currency,omitzero"`
	SalePrice         Decimal `json:"sale_price,omitzero"`
	TaxExclusivePrice Decimal `json:"tax_exclusive_price,omitzero"`
	UnitPrice         Decimal `json:"unit_price,omitzero"`
}

// SKUSalesAttribute is part of the product section.
type SKUSalesAttribute struct {
	ID                     string                                   `json:"id,omitzero"`
	Name                   string                                   `json:"name,omitzero"`
	SKUImg                 SKUSalesAttributeSKUImg                  `json:"sku_img,omitzero"`
	SupplementarySKUImages []SKUSalesAttributeSupplementarySKUImage `json:"supplementary_sku_images,omitzero"`
	ValueID                string                                   `json:"value_id,omitzero"`
	ValueName              string                                   `json:"value_name,omitzero"`
}

// SKUSalesAttributeSKUImg is part of the product section.
type SKUSalesAttributeSKUImg struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// SKUSalesAttributeSupplementarySKUImage is part of the product section.
type SKUSalesAttributeSupplementarySKUImage struct {
	Height    int      `json:"height,omitzero"`
	ThumbUrls []string `json:"thumb_urls,omitzero"`
	URI       string   `json:"uri,omitzero"`
	Urls      []string `json:"urls,omitzero"`
	Width     int      `json:"width,omitzero"`
}

// SKUStatusInfo is part of the product section.
type SKUStatusInfo struct {
	DeactivationSource string `json:"deactivation_source,omitzero"`
	Status             string `json:"status,omitzero"`
}

// SearchProductsRequest is part of the product section.
type SearchProductsRequest struct {
	PageSize            int            `url:"page_size" json:"-"`
	PageToken           *string        `url:"page_token,omitempty" json:"-"`
	AuditStatus         []string       `json:"audit_status,omitzero" url:"-"`
	CategoryVersion     *string        `json:"category_version,omitzero" url:"-"`
	CreateTimeGe        *UnixSeconds   `json:"create_time_ge,omitzero" url:"-"`
	CreateTimeLe        *UnixSeconds   `json:"create_time_le,omitzero" url:"-"`
	ListingPlatforms    []string       `json:"listing_platforms,omitzero" url:"-"`
	ListingQualityTiers []string       `json:"listing_quality_tiers,omitzero" url:"-"`
	ReturnDraftVersion  *bool          `json:"return_draft_version,omitzero" url:"-"`
	SellerSKUs          []string       `json:"seller_skus,omitzero" url:"-"`
	SKUIDs              []string       `json:"sku_ids,omitzero" url:"-"`
	SnsFilter           *string        `json:"sns_filter,omitzero" url:"-"`
	Status              *ProductStatus `json:"status,omitzero" url:"-"`
	UpdateTimeGe        *UnixSeconds   `json:"update_time_ge,omitzero" url:"-"`
	UpdateTimeLe        *UnixSeconds   `json:"update_time_le,omitzero" url:"-"`
}

// SearchProductsResponse is part of the product section.
type SearchProductsResponse struct {
	NextPageToken string    `json:"next_page_token,omitzero"`
	Products      []Product `json:"products,omitzero"`
	TotalCount    int       `json:"total_count,omitzero"`
}

// UpdateInventoryRequest is part of the product section.
type UpdateInventoryRequest struct {
	SKUs []UpdateInventoryRequestSKU `json:"skus"`
}

// UpdateInventoryRequestSKU is part of the product section.
type UpdateInventoryRequestSKU struct {
	ID        string                               `json:"id"`
	Inventory []UpdateInventoryRequestSKUInventory `json:"inventory"`
}

// UpdateInventoryRequestSKUInventory is part of the product section.
type UpdateInventoryRequestSKUInventory struct {
	BackorderQuantity *int    `json:"backorder_quantity,omitzero"`
	HandlingTime      *int    `json:"handling_time,omitzero"`
	Quantity          int     `json:"quantity"`
	WarehouseID       *string `json:"warehouse_id,omitzero"`
}

// UpdateInventoryResponse is part of the product section.
type UpdateInventoryResponse struct {
	Errors []UpdateInventoryResponseError `json:"errors,omitzero"`
}

// UpdateInventoryResponseError is part of the product section.
type UpdateInventoryResponseError struct {
	Code    int                                `json:"code,omitzero"`
	Detail  UpdateInventoryResponseErrorDetail `json:"detail,omitzero"`
	Message string                             `json:"message,omitzero"`
}

// UpdateInventoryResponseErrorDetail is part of the product section.
type UpdateInventoryResponseErrorDetail struct {
	ExtraErrors []UpdateInventoryResponseErrorDetailExtraError `json:"extra_errors,omitzero"`
	SKUID       string                                         `json:"sku_id,omitzero"`
}

// UpdateInventoryResponseErrorDetailExtraError is part of the product section.
type UpdateInventoryResponseErrorDetailExtraError struct {
	Code        int    `json:"code,omitzero"`
	Message     string `json:"message,omitzero"`
	WarehouseID string `json:"warehouse_id,omitzero"`
}

// WarehouseInventory is part of the product section.
type WarehouseInventory struct {
	AvailableQuantity int    `json:"available_quantity,omitzero"`
	CommittedQuantity int    `json:"committed_quantity,omitzero"`
	WarehouseID       string `json:"warehouse_id,omitzero"`
}
